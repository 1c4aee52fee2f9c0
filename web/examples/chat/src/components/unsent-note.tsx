import "./unsent-note.css";

interface UnsentNoteProps {
  problem: string;
  onRetry: () => void;
  onGiveUp: () => void;
}

/** Why a message is not at the server. */
export function UnsentNote({ problem, onRetry, onGiveUp }: UnsentNoteProps) {
  return (
    <p className="unsent-note" role="alert" data-testid="unsent">
      <span>Not sent. {problem}</span>
      <button type="button" className="link" data-testid="retry" onClick={onRetry}>
        Try again
      </button>
      <button type="button" className="link" data-testid="give-up" onClick={onGiveUp}>
        Give up
      </button>
    </p>
  );
}
