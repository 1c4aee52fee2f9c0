/** The chat's mark, the same as in the page's icon. */
export function ChatMark() {
  return (
    <svg className="chat-mark" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="var(--accent)" />
      <path
        d="M9 8h14a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-7l-5 4v-4H9a2 2 0 0 1-2-2v-9a2 2 0 0 1 2-2z"
        fill="var(--on-accent)"
      />
    </svg>
  );
}
