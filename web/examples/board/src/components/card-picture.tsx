import { usePictureUrl } from "../hooks/use-picture-url";

export function CardPicture({ file }: { file: string }) {
  const url = usePictureUrl(file);
  // Not draggable by itself: the browser would drag the image instead of the card.
  return (
    <div className="card-picture">
      {url !== undefined && <img src={url} alt="" data-testid="card-picture" draggable={false} />}
    </div>
  );
}
