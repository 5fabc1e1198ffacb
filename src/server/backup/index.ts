export { createBackup, restoreBackup, UnusableBackup } from "./backup.ts";
