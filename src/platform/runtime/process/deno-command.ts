/** The command line of a function's Deno process: flags, permissions and limits. */
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { rlimitsCommand } from "../../limits/rlimits.ts";
import { filesFolder, type InstanceDirectory } from "../files/instance-directory.ts";
import { FIXED_FLAGS } from "../fixed-flags.ts";
import { allowFlag, denyFlags } from "../network-permissions.ts";
import type { Launch } from "../runtime.ts";
import { dropPrivilegesCommand } from "./drop-privileges.ts";

export interface CommandOptions {
	/** The path of a Deno binary that functions can execute. */
	readonly binary: string;
	/** The folder of the modules that functions get in place of Node's own, with the import map that selects them. */
	readonly nodeModules: string;
	/** The addresses that functions may reach besides the public internet: `ADDRESS` or `ADDRESS:PORT`. */
	readonly allowNet: readonly string[];
	/** The limit of the JavaScript heap. */
	readonly heapMiB: number;
	/** The limit of a function's total memory. */
	readonly memoryMiB: number;
}

type Settings = Launch["settings"];

export class DenoCommands {
	readonly #options: CommandOptions;
	readonly #rlimits = { ofOwnUser: rlimitsCommand(true), ofPlatform: rlimitsCommand(false) };
	/** The flags that are the same for all functions, and the machine's addresses for which they were made. */
	#shared: { ownAddresses: string; flags: readonly string[] } = { ownAddresses: "", flags: [] };

	/** @throws AppError `ALLOW_NET_INVALID` (exit 2) */
	constructor(options: CommandOptions) {
		this.#options = options;
		this.#sharedFlags();
	}

	#sharedFlags(): readonly string[] {
		const list = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
		const ownAddresses = list.map(({ address }) => address);
		// The machine's addresses may have changed since the last start.
		if (this.#shared.flags.length === 0 || ownAddresses.join() !== this.#shared.ownAddresses) {
			const flags = [...FIXED_FLAGS, ...denyFlags(this.#options.allowNet, ownAddresses)];
			this.#shared = { ownAddresses: ownAddresses.join(), flags };
		}
		return this.#shared.flags;
	}

	/** Whether the system supports resource limits for each process. */
	get hasRlimits(): boolean {
		return this.#rlimits.ofOwnUser.length > 0;
	}

	/**
	 * The memory limits of a function. If its settings have a limit, half of that is for the JavaScript heap.
	 */
	memoryLimits(settings: Settings): { heapMiB: number; memoryMiB: number } {
		const asked = settings?.memoryMB;
		const { heapMiB, memoryMiB } = this.#options;
		return asked === undefined
			? { heapMiB, memoryMiB }
			: { heapMiB: Math.floor(asked / 2), memoryMiB: asked };
	}

	/** Identifies the command line. Processes with the same key differ only in their own paths. */
	compatibilityKey(settings: Settings): string {
		return JSON.stringify([
			this.#sharedFlags(),
			this.memoryLimits(settings).heapMiB,
			settings?.network ?? null,
		]);
	}

	/**
	 * The program and arguments of an instance, including the main module and its argument.
	 * @param startsAsRoot whether the process starts as root and has to switch to its user itself
	 */
	commandFor(files: InstanceDirectory, settings: Settings, startsAsRoot: boolean): string[] {
		const { bundle, controlPath, keepsDenoDirectory, listenPath, main, storePath, temporary, user } = files;
		const sockets = [listenPath, controlPath, storePath];
		const paths = [...sockets, temporary].join(",");
		const access = [
			`--v8-flags=--max-old-space-size=${this.memoryLimits(settings).heapMiB}`,
			allowFlag(settings?.network, sockets),
			`--import-map=${join(this.#options.nodeModules, "import-map.json")}`,
			`--allow-read=${bundle},${filesFolder(bundle)},${paths},${this.#options.nodeModules}`,
			`--allow-write=${paths}`,
			// Storing compiled code takes about 30 ms of processor time, and it would never be read.
			...(keepsDenoDirectory ? [] : ["--no-code-cache"]),
		];
		const limits = user === undefined ? this.#rlimits.ofPlatform : this.#rlimits.ofOwnUser;
		const confined = dropPrivilegesCommand(startsAsRoot ? { becomes: user } : undefined);
		const before = [...limits, ...confined, this.#options.binary];
		return [...before, "run", ...this.#sharedFlags(), ...access, main, controlPath];
	}
}
