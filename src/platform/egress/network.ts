/** The interface of the drivers that restrict which networks functions may reach. */
import type { User } from "../machine/users.ts";

/** The process that needs a network. */
export interface NetworkClient {
	/** The user that the process runs as. Undefined means the platform's own user. */
	readonly user: User | undefined;
	/** The hosts that the process may reach, `HOST` or `HOST:PORT`. Undefined means the public internet. */
	readonly network: readonly string[] | undefined;
	/** The process's working directory, in which it may write. */
	readonly temporary: string;
}

/** The network of one process. */
export interface NetworkAttachment {
	/** The program and arguments that run the process's command in its network. */
	readonly commandPrefix: readonly string[];
	/**
	 * Whether the working directory is a separate file system, which has a maximum size and is removed with the process.
	 */
	readonly hasBoundedTemporary: boolean;
	/** Whether the prefix runs as root. The command must then switch to the process's user itself. */
	readonly startsAsRoot: boolean;
	/** Called with a sentence about each refused access. Set it when the process is assigned to a function. */
	onRefused: (sentence: string) => void;
	/** Called when the isolation failed. The process has no network any more and must be ended. */
	onNetworkFailed: () => void;
	/** Closes the process's connections. Call it after the process has ended. */
	detach(): void;
}

export type NetworkIsolation = "namespace" | "user rules" | "none";

export interface Network {
	readonly isolation: NetworkIsolation;
	/** Descriptions of the traffic that this driver does not block. Empty if it blocks everything that it should. */
	readonly missing: readonly string[];
	/**
	 * Creates the network of a process that will be started.
	 * @throws Error if the isolation failed and could not be restored
	 */
	attach(client: NetworkClient): Promise<NetworkAttachment>;
	close(): Promise<void>;
}
