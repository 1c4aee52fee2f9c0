/** The board's mark, the same as in the page's icon. */
export function BoardMark() {
  return (
    <svg className="board-mark" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="var(--accent)" />
      <g fill="var(--on-accent)">
        <rect x="7" y="8" width="5" height="16" rx="1.5" />
        <rect x="13.5" y="8" width="5" height="10" rx="1.5" />
        <rect x="20" y="8" width="5" height="13" rx="1.5" />
      </g>
    </svg>
  );
}
