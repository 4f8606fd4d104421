/** A node: a process on a machine of its own, which can be killed, suspended and started again. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { stopLeft } from "../../../../../src/platform/data-plane/client/connection.ts";
import { cleanEnvironment } from "../../../../stories/support/project.ts";
import { PACKAGE_CACHE } from "../../../../support/package-cache.ts";
import type { NodeReady, NodeSettings, SetClock } from "./messages.ts";
import type { Machine } from "./network.ts";

const LOG_CHARACTERS = 60_000;

export interface TestNodeOptions extends Omit<NodeSettings, "host" | "clockMs"> {
	readonly machine: Machine;
	/** The built program. */
	readonly program: string;
	/** A folder for temporary files. */
	readonly temporary: string;
}

export class TestNode {
	readonly machine: Machine;
	/** Whether functions run in another process, which outlives the node's. */
	readonly hasDataPlane: boolean;
	readonly #options: TestNodeOptions;
	#child: ChildProcess | undefined;
	#clockMs = 0;
	#log = "";
	token: string | undefined;

	constructor(options: TestNodeOptions) {
		this.#options = options;
		this.machine = options.machine;
		this.hasDataPlane = options.gateways > 0;
	}

	get control(): string {
		return `http://${this.machine.host}:8081`;
	}

	get listen(): string {
		return `http://${this.machine.host}:8080`;
	}

	/** The end of its log. */
	get log(): string {
		return this.#log;
	}

	get isRunning(): boolean {
		return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
	}

	/** How far its clock is from this machine's. */
	get clockMs(): number {
		return this.#clockMs;
	}

	setClock(clockMs: number): void {
		this.#clockMs = clockMs;
		const message: SetClock = { clockMs };
		if (this.isRunning && this.#child?.connected) this.#child.send(message, () => undefined);
	}

	/** Starts it. Resolves when it is ready. @throws Error with its log if it ends before */
	async start(): Promise<void> {
		const { machine, program, temporary, ...rest } = this.#options;
		const settings: NodeSettings = { ...rest, host: machine.host, clockMs: this.#clockMs };
		const [command = "", ...words] = [...machine.enter, process.execPath, program];
		const child = spawn(command, words, {
			stdio: ["ignore", "ignore", "pipe", "ipc"],
			env: {
				...cleanEnvironment(),
				XDG_CACHE_HOME: PACKAGE_CACHE,
				TMPDIR: temporary,
				NODE_SETTINGS: JSON.stringify(settings),
			},
		});
		this.#child = child;
		this.#log += "— started\n";
		child.stderr?.setEncoding("utf8").on("data", (text: string) => {
			this.#log = (this.#log + text).slice(-LOG_CHARACTERS);
		});
		const ended = once(child, "exit").then(() => undefined);
		const ready = once(child, "message").then(([message]) => message as NodeReady);
		const first = await Promise.race([ready, ended]);
		if (first === undefined) throw new Error(`A node did not start:\n${this.#log.slice(-3_000)}`);
		this.token ??= first.token;
		this.setClock(this.#clockMs);
	}

	/** Sends a signal to its process. SIGKILL resolves once the process has ended. */
	async signal(signal: NodeJS.Signals): Promise<void> {
		const child = this.#child;
		if (child === undefined || !this.isRunning) return;
		const ended = once(child, "exit");
		child.kill(signal);
		if (signal === "SIGKILL") await ended;
	}

	/** Ends everything that belongs to it. */
	async close(): Promise<void> {
		await this.signal("SIGKILL");
		await stopLeft(this.#options.data);
	}
}
