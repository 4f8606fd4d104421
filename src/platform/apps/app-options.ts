/** What an app is opened with, and what it answers to a change. */
import type { Head, LogContext } from "../../protocol/change.ts";
import type { ChangesPage } from "../../protocol/messages.ts";
import type { AppLifetime } from "../functions/lifetimes.ts";
import type { Store } from "../store/store.ts";
import type { MemberIdentity } from "./accept-change.ts";
import type { LocalIdentity } from "./local-environment.ts";

export interface AppOptions {
	readonly context: LogContext;
	readonly lifetime: AppLifetime;
	readonly store: Store;
	readonly identity: MemberIdentity & LocalIdentity;
	/** Milliseconds since 1970. */
	readonly now: () => number;
	/** Called after each change of an app's functions or of their deployments. @param app the id of the app */
	readonly onFunctions?: (app: string) => void;
	/** Whether other nodes append to the streams too. */
	readonly isShared?: boolean | undefined;
}

export type Entries = ChangesPage["entries"];

/** The result of appending a change. */
export type AppendOutcome =
	/**
	 * `since`: the first entries between the change's base and the change. `isRepeat`: the change was
	 * appended before.
	 */
	| { readonly accepted: Head; readonly since: Entries; readonly isRepeat: boolean }
	/** The first entries after the change's base, and the current head. */
	| { readonly stale: Entries; readonly head: Head };
