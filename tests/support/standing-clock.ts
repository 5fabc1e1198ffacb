/**
 * Loaded before a program, its clock stands still: nothing that it remembers for a while grows old. What it forgets all the same, it
 * was told to forget.
 */
const now = Date.now();
Date.now = () => now;
