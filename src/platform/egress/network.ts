/** The port behind which functions are kept to the networks that they may reach. One file per driver. */
import type { User } from "../machine/users.ts";

/** Whose network it is to be. */
export interface NetworkClient {
	/** Whom the process runs as; the platform's own user where undefined. */
	readonly user: User | undefined;
	/** The hosts that it may reach, `HOST` or `HOST:PORT`; undefined for the public internet. */
	readonly network: readonly string[] | undefined;
	/** Its working directory, in which it may write. */
	readonly temporary: string;
}

/** One process's place in the network. */
export interface NetworkAttachment {
	/** What comes before its command. */
	readonly commandPrefix: readonly string[];
	/** Whether its working directory is a file system of its own, which is bounded and goes with it. */
	readonly hasBoundedTemporary: boolean;
	/** Whether that runs as root, so that the command itself has to change to the process's user. */
	readonly startsAsRoot: boolean;
	/** Told of what was refused to it, as a sentence. Set it once the process is somebody's. */
	onRefused: (sentence: string) => void;
	/** Told when the wall has fallen: the process has no network any more, and must be ended. */
	onNetworkFailed: () => void;
	/** Ends what it has open. Call it once the process has ended. */
	detach(): void;
}

export type NetworkIsolation = "namespace" | "user rules" | "none";

export interface Network {
	readonly wall: NetworkIsolation;
	/** What this wall does not hold, in words; empty where it holds everything. */
	readonly missing: readonly string[];
	/** Makes a place for one process, before it is started. @throws Error where the wall has fallen and cannot be built again */
	attach(guest: NetworkClient): Promise<NetworkAttachment>;
	close(): Promise<void>;
}
