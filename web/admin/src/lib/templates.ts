import type { Template } from "../api/types";
import { plural } from "./format";

/** What a tenant has that is made of a template. */
export function contentsInWords({ collections, files, siteFiles }: Template): string {
  const documents = Object.values(collections).reduce((sum, count) => sum + count, 0);
  const parts = [
    ...(documents > 0 ? [`${plural(documents, "document")} (${Object.keys(collections).join(", ")})`] : []),
    ...(files > 0 ? [plural(files, "uploaded file")] : []),
    ...(siteFiles > 0 ? [`a site of ${plural(siteFiles, "file")}`] : []),
  ];
  return parts.length === 0 ? "Rules and settings." : `Rules and settings, ${parts.join(", ")}.`;
}
