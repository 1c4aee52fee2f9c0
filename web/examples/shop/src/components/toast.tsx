import type { Notice } from "../hooks/use-notice";
import "./toast.css";

export function Toast({ notice, onDismiss }: { notice: Notice | null; onDismiss: () => void }) {
  return (
    <div className="toast-place" role="alert">
      {notice && (
        <div className="toast">
          <p>{notice.text}</p>
          <button type="button" className="button icon" aria-label="Dismiss" onClick={onDismiss}>
            ×
          </button>
        </div>
      )}
    </div>
  );
}
