/** The events of `coffer dev`. Stable: with `--json`, other programs rely on them. */
import type { FileWarning } from "../../modules/files/wanted-files.ts";
import type { LogLine, RequestLine } from "../../platform/logs/function-logs.ts";
import type { Coverage } from "../../references/plan/coverage.ts";

/** The reason why a function is started. `files` and `secrets` are sorted. */
export interface Cause {
	/** Paths relative to the project's root. */
	readonly files: readonly string[];
	/** Names of secrets. */
	readonly secrets: readonly string[];
}

export type DevEvent =
	| {
			readonly event: "serving";
			/** Without a slash at its end. The name of a function follows. */
			readonly url: string;
			readonly environment: string;
			readonly root: string;
			/** Sorted. */
			readonly functions: readonly string[];
			readonly watches: boolean;
	  }
	/**
	 * A new version of a function serves requests. Both lists of the cause are empty if the command has just been started.
	 */
	| {
			readonly event: "started";
			readonly function: string;
			readonly url: string;
			readonly cause: Cause;
			/** Milliseconds since the change was detected. */
			readonly ms: number;
			/** Whether another version served requests before. */
			readonly restarted: boolean;
	  }
	/** A change has no effect on a running function: its bundle is the same, or it is not running. */
	| {
			readonly event: "unchanged";
			readonly function: string;
			readonly cause: Cause;
			readonly idle: boolean;
	  }
	| {
			readonly event: "failed";
			readonly function: string;
			readonly cause: Cause;
			readonly ms: number;
			readonly error: string;
			/** Whether the previous version still serves requests. */
			readonly serving: boolean;
	  }
	| { readonly event: "removed"; readonly function: string }
	/** A warning about the vault, such as an older state than this device has seen. Sent once for each message. */
	| { readonly event: "caution"; readonly message: string }
	/** Secrets that no function reads have changed. */
	| { readonly event: "unread"; readonly secrets: readonly string[] }
	/** Names that functions read and the vault lacks. Sent when the list changes and is not empty. */
	| { readonly event: "missing"; readonly secrets: Coverage["missing"] }
	| ({ readonly event: "warning"; readonly function: string } & FileWarning)
	| ({ readonly event: "log"; readonly function: string } & LogLine)
	/** @property function undefined if no function has the requested name */
	| ({ readonly event: "request"; readonly function: string | undefined } & RequestLine)
	/** The vault or the list of functions cannot be read. The previous state stays in use. */
	| { readonly event: "unreadable"; readonly code: string; readonly message: string; readonly hint: string }
	/** An error in Coffer itself, which continues. */
	| { readonly event: "internal"; readonly message: string }
	/** The command got a signal to end. It waits briefly for requests in flight. */
	| { readonly event: "stopping" }
	| { readonly event: "stopped" };

export type OnEvent = (event: DevEvent) => void;
