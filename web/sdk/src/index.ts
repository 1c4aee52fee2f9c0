export { Auth, type EmailAndPassword, type Invited, type Link, type LinkKind, type SessionInfo } from "./auth.js";
export type { Passkey } from "./auth-passkeys.js";
export { Backpack, type ClientOptions, createClient } from "./client.js";
export { Batch, BatchCollection, type BatchResult } from "./data/batch.js";
export { Collection, type HistoryEntry } from "./data/collection.js";
export { Collections } from "./data/collections.js";
export type * from "./data/definition.js";
export type { Conditions, Filter, Operators, TypeName } from "./data/filter.js";
export type { Path, ValueAt } from "./data/paths.js";
export type { Accumulator, Expression, ExpressionOperator, Stage } from "./data/pipeline.js";
export type { GetOptions, IterateOptions, ListOptions, Selection, Sort } from "./data/query.js";
export type { Expand, FieldName, Found } from "./data/shape.js";
export { RuleBook, type SpecialRules } from "./data/rules.js";
export type { Documents, ExportOptions, Imported, ImportOptions } from "./data/transfer.js";
export type { Patch, Push, UpdateOperators } from "./data/update.js";
export type { ChangeOptions, ReplaceOptions, Version, WriteOptions } from "./data/write.js";
export { BackpackError, type ErrorCode, isBackpackError, type Place, type Problem } from "./errors.js";
export { Files, type UploadOptions } from "./files.js";
export { type Invitation, Invitations, type NewInvitation } from "./invitations.js";
export { type KeyInfo, Keys, type MadeKey, type NewKey, type Scope } from "./keys.js";
export type { Identity, ProviderInfo, ProviderOptions } from "./oauth.js";
export { Channel, type Message } from "./realtime/channel.js";
export { type Handlers, type SubscribeOptions, Subscription } from "./realtime/subscription.js";
export {
  type MailInfo,
  type MailTexts,
  type Provider,
  type ProviderForm,
  type ProviderKind,
  type Settings,
  SettingsBook,
  type SettingsPatch,
} from "./settings.js";
export type { TokenStorage } from "./session.js";
export type * from "./types.js";
