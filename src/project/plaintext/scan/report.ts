/** What a scan found and what it could not look at. It holds names and places, never a value. */
import type { Finding } from "../finding.ts";
import type { ClosedEnvironment } from "../live-values.ts";
import type { SecretName } from "../search.ts";

/** Where a scan looks: at files, at git's index, or at every content that a ref of git reaches. */
export type ScanOf = "files" | "index" | "history";

export interface ScanFinding extends Finding {
	/** Only for a scan of the history: the first commit with this content; null if no commit here has it. */
	readonly commit?: string | null;
	/** For a scan of the index or the history: the object id of the content. */
	readonly blob?: string;
}

export interface Scan {
	readonly of: ScanOf;
	/** The number of files or contents that were searched, and of their bytes. */
	readonly searched: { readonly files: number; readonly bytes: number };
	readonly findings: readonly ScanFinding[];
	/** How many more places there are than are listed. */
	readonly omitted: number;
	/** The environments whose values were searched for. */
	readonly environments: readonly string[];
	/** The environments that this device cannot open. */
	readonly closed: readonly ClosedEnvironment[];
	/** Secrets whose values are too short, or too ordinary, to be searched for. */
	readonly short: readonly SecretName[];
	/** Files that cannot be read, with the system's code. */
	readonly unread: readonly { readonly file: string; readonly code: string }[];
	/** Files that git tracks and the working tree does not have. */
	readonly absent: number;
	/** Objects that a partial clone does not have. */
	readonly missing: number;
	/** Whether the history is cut, as in a shallow clone. */
	readonly isShallow: boolean;
	/** The folders of other vaults of the repository, whose values were not searched for: from the working folder. */
	readonly otherVaults: readonly string[];
}
