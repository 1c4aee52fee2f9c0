import type { LimitName } from "../api/types";

export type Unit = "bytes" | "count" | "perSecond" | "days";

export interface Limit {
  name: LimitName;
  label: string;
  unit: Unit;
  /** Whether 0 stands for no limit. */
  canBeNone: boolean;
  /** Where the label alone would leave open what is counted. */
  hint?: string;
}

interface LimitGroup {
  title: string;
  limits: readonly Limit[];
}

/** Every limit that the server knows (docs/settings.md), in the order in which people read them. */
export const LIMIT_GROUPS: readonly LimitGroup[] = [
  {
    title: "Storage",
    limits: [
      { name: "maxDocuments", label: "Documents", unit: "count", canBeNone: true },
      { name: "maxData", label: "Database", unit: "bytes", canBeNone: true, hint: "With indexes and change log" },
      { name: "maxStorage", label: "Files and site", unit: "bytes", canBeNone: true, hint: "Together" },
      { name: "maxCollections", label: "Collections", unit: "count", canBeNone: false },
    ],
  },
  {
    title: "Realtime",
    limits: [
      { name: "maxSockets", label: "WebSockets", unit: "count", canBeNone: false },
      { name: "maxSubscriptions", label: "Subscriptions", unit: "count", canBeNone: false },
      { name: "maxChannels", label: "Channels", unit: "count", canBeNone: false, hint: "That have a member" },
      { name: "maxFrames", label: "Frame rate", unit: "perSecond", canBeNone: true, hint: "From all WebSockets" },
      {
        name: "changesKept",
        label: "Changes kept",
        unit: "count",
        canBeNone: false,
        hint: "For clients that reconnect",
      },
    ],
  },
  {
    title: "Requests",
    limits: [
      { name: "maxRate", label: "Request rate", unit: "perSecond", canBeNone: true },
      { name: "maxConcurrent", label: "Requests at once", unit: "count", canBeNone: false },
      { name: "maxExamined", label: "Documents examined", unit: "count", canBeNone: false, hint: "By one query" },
      { name: "maxBody", label: "JSON body", unit: "bytes", canBeNone: false },
      {
        name: "maxMembers",
        label: "Keys and elements",
        unit: "count",
        canBeNone: false,
        hint: "In one JSON body",
      },
      {
        name: "maxHeld",
        label: "JSON bodies at once",
        unit: "bytes",
        canBeNone: false,
        hint: "Of those above 64 KiB",
      },
      { name: "maxFile", label: "Uploaded file", unit: "bytes", canBeNone: false },
      { name: "maxSite", label: "Site’s archive", unit: "bytes", canBeNone: false },
      { name: "maxImport", label: "Import", unit: "bytes", canBeNone: false },
    ],
  },
  {
    title: "Accounts",
    limits: [{ name: "sessionDays", label: "Session", unit: "days", canBeNone: false }],
  },
];

export const LIMITS: readonly Limit[] = LIMIT_GROUPS.flatMap((group) => group.limits);
