import "./message-actions.css";

/** What one may do with a message of one's own. Seen when the mouse or the focus is there, always on touch screens. */
export function MessageActions({ onEdit, onDelete }: { onEdit: () => void; onDelete: () => void }) {
  return (
    <div className="message-actions">
      <button type="button" className="button icon" data-testid="edit" aria-label="Edit" title="Edit" onClick={onEdit}>
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <path d="M3 13l.6-2.7 7.2-7.2 2.1 2.1-7.2 7.2z" />
        </svg>
      </button>
      <button
        type="button"
        className="button icon"
        data-testid="delete"
        aria-label="Delete"
        title="Delete"
        onClick={onDelete}
      >
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <path d="M3 4.5h10M6.5 4.5V3h3v1.5M4.5 4.5l.5 8.5h6l.5-8.5" />
        </svg>
      </button>
    </div>
  );
}
