/** The shop's mark, the same as in the page's icon. */
export function ShopMark() {
  return (
    <svg className="shop-mark" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="var(--accent)" />
      <g fill="var(--on-accent)">
        <path d="M7 8h18l2 6a3.2 3.2 0 0 1-5.6 1.6 3.4 3.4 0 0 1-5.4 0 3.4 3.4 0 0 1-5.4 0A3.2 3.2 0 0 1 5 14z" />
        <path d="M8 19h16v6H8z" />
      </g>
    </svg>
  );
}
