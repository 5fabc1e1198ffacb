export function Logo({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 32 32" className={className} aria-hidden="true">
      <rect width="32" height="32" rx="7" fill="#0e2a35" />
      <circle cx="16" cy="16" r="8.5" fill="none" stroke="#5bb7d5" strokeWidth="3" />
      <path d="M16 4.5v6M16 21.5v6" stroke="#dfe2e4" strokeWidth="2.4" strokeLinecap="round" />
      <circle cx="16" cy="16" r="2.6" fill="#dfe2e4" />
    </svg>
  );
}
