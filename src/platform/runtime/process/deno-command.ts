/** What a function's Deno is started with: flags, permissions, bounds. */
import { networkInterfaces } from "node:os";
import { rlimits } from "../../limits/rlimits.ts";
import type { InstanceDirectory } from "../files/instance-directory.ts";
import { allowFlag, denyFlags } from "../network.ts";
import type { Launch } from "../runtime.ts";
import { confinement } from "./confine.ts";

/**
 * Modules come from the bundle alone, and nobody is asked. The environment is open because it holds nothing
 * but what the function may have; hostname and release because widely used packages read them at import.
 */
const FIXED_FLAGS = [
	"--quiet",
	"--no-prompt",
	"--no-remote",
	"--no-npm",
	"--cached-only",
	"--no-config",
	"--no-lock",
	"--allow-env",
	"--allow-sys=hostname,osRelease",
];

export interface CommandOptions {
	/** Deno, where functions can run it. */
	readonly binary: string;
	/** What functions may reach besides the public internet: `ADDRESS` or `ADDRESS:PORT`. */
	readonly allowNet: readonly string[];
	/** The bound of a JavaScript heap. */
	readonly heapMiB: number;
	/** What a function may have of memory in all. */
	readonly memoryMiB: number;
}

type Settings = Launch["settings"];

export class Commands {
	readonly #options: CommandOptions;
	readonly #rlimits = { ofOwnUser: rlimits(true), ofPlatform: rlimits(false) };
	/** The flags that are the same for all functions, and the machine's own addresses that they hold for. */
	#common: { own: string; flags: readonly string[] } = { own: "", flags: [] };

	/** @throws AppError `ALLOW_NET_INVALID` (exit 2) */
	constructor(options: CommandOptions) {
		this.#options = options;
		this.#commonFlags();
	}

	#commonFlags(): readonly string[] {
		const list = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
		const own = list.map(({ address }) => address);
		// An address may have come since the last start.
		if (this.#common.flags.length === 0 || own.join() !== this.#common.own) {
			const flags = [...FIXED_FLAGS, ...denyFlags(this.#options.allowNet, own)];
			this.#common = { own: own.join(), flags };
		}
		return this.#common.flags;
	}

	/** Whether each process has limits of its own. */
	get hasRlimits(): boolean {
		return this.#rlimits.ofOwnUser.length > 0;
	}

	/** A function that says how much it needs has half of that for its heap. */
	memoryOf(settings: Settings): { heapMiB: number; memoryMiB: number } {
		const asked = settings?.memoryMB;
		const { heapMiB, memoryMiB } = this.#options;
		return asked === undefined
			? { heapMiB, memoryMiB }
			: { heapMiB: Math.floor(asked / 2), memoryMiB: asked };
	}

	/** Two processes of the same terms are started with the same, but for their own paths. */
	termsOf(settings: Settings): string {
		return JSON.stringify([this.#commonFlags(), this.memoryOf(settings).heapMiB, settings?.network ?? null]);
	}

	/**
	 * Program and arguments for an instance, up to and with the main module and its argument.
	 * @param startsAsRoot whether what comes before them runs as root
	 */
	commandFor(files: InstanceDirectory, settings: Settings, startsAsRoot: boolean): string[] {
		const { bundle, controlPath, listenPath, main, temporary, user } = files;
		const paths = [listenPath, controlPath, temporary].join(",");
		const access = [
			`--v8-flags=--max-old-space-size=${this.memoryOf(settings).heapMiB}`,
			allowFlag(settings?.network, [listenPath, controlPath]),
			`--allow-read=${bundle},${paths}`,
			`--allow-write=${paths}`,
		];
		const limits = user === undefined ? this.#rlimits.ofPlatform : this.#rlimits.ofOwnUser;
		const confined = confinement(startsAsRoot ? { becomes: user } : undefined);
		const before = [...limits, ...confined, this.#options.binary];
		return [...before, "run", ...this.#commonFlags(), ...access, main, controlPath];
	}
}
