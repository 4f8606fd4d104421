/** Reads the delays of the event loop of another process, which `peers/event-loop-probe.mjs` measures there. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

const POLL_MS = 20;

/** Delays of an event loop, in ms, beyond the interval at which they are measured. */
export interface Delays {
	readonly maxMs: number;
	readonly p99Ms: number;
}

export class EventLoopProbe {
	readonly #pid: number;
	readonly #folder: string;
	#count = 0;

	/** @param pid of a process that was started with `environment` of the same folder */
	constructor(pid: number, folder: string) {
		this.#pid = pid;
		this.#folder = folder;
	}

	/** The variables with which a process and its children are measured. @param root of the repository */
	static environment(root: string, folder: string): NodeJS.ProcessEnv {
		const probe = join(root, "bench/gateway/peers/event-loop-probe.mjs");
		return { NODE_OPTIONS: `--import=${probe}`, EVENT_LOOP_PROBE: join(folder, "stalls") };
	}

	/** The delays since the last call. */
	async read(): Promise<Delays> {
		const file = join(this.#folder, `stalls.${this.#pid}`);
		process.kill(this.#pid, "SIGWINCH");
		for (; ; await setTimeout(POLL_MS)) {
			const text = await readFile(file, "utf8").catch(() => "");
			const lines = text.trim().split("\n").filter(Boolean);
			if (lines.length <= this.#count) continue;
			this.#count = lines.length;
			const [maxMs = Number.NaN, p99Ms = Number.NaN] = (lines.at(-1) ?? "").split(" ").map(Number);
			return { maxMs, p99Ms };
		}
	}
}
