import { useEffect, useState } from "react";

import { backpack } from "../backpack";

/** What an <img> can show of a file; undefined until there is something. */
export function usePictureUrl(file: string): string | undefined {
  const url = backpack.files.url(file);
  // The cookie opens the file on the board's own origin; another origin only answers requests that carry the token.
  const direct = new URL(url, location.href).origin === location.origin;
  const downloaded = useDownload(direct ? null : file);
  return direct ? url : downloaded;
}

function useDownload(file: string | null): string | undefined {
  const [url, setUrl] = useState<string>();

  useEffect(() => {
    if (file === null) return undefined;
    let current = true;
    let objectUrl: string | undefined;
    const show = (picture: Blob) => {
      if (!current) return;
      objectUrl = URL.createObjectURL(picture);
      setUrl(objectUrl);
    };
    // A picture that cannot be read stays a grey box, as a broken <img> would.
    backpack.files.download(file).then(show, () => undefined);
    return () => {
      current = false;
      setUrl(undefined);
      if (objectUrl !== undefined) URL.revokeObjectURL(objectUrl);
    };
  }, [file]);

  return url;
}
