/** A process that is kept, in which one command line after the other is run: for what a story arranges. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { PROGRAM } from "../../support/program.ts";
import { Result } from "./process.ts";

const FILE = fileURLToPath(new URL("./warm.cjs", import.meta.url));

export class Warm implements Disposable {
	readonly #child: ChildProcess;
	readonly #ready: Promise<unknown>;
	#isBusy = false;

	/** @param env the environment of every command that it runs */
	constructor(env: Readonly<Record<string, string>>) {
		this.#child = fork(FILE, [PROGRAM], { env, execArgv: [], stdio: ["ignore", "ignore", "inherit", "ipc"] });
		this.#child.unref();
		this.#child.channel?.unref();
		this.#ready = once(this.#child, "message");
	}

	/** Whether it can run a command now: it runs one at a time. */
	get isFree(): boolean {
		return !this.#isBusy && this.#child.connected;
	}

	/** @throws Error where the process ends before the command has */
	async run(args: readonly string[], cwd: string): Promise<Result> {
		this.#isBusy = true;
		const ended = new AbortController();
		const onExit = () => ended.abort(new Error(`The process ended within coffer ${args[0]}.`));
		this.#child.once("exit", onExit);
		this.#child.ref();
		this.#child.channel?.ref();
		try {
			await this.#ready;
			const answered = once(this.#child, "message", { signal: ended.signal });
			this.#child.send({ args, cwd });
			const [{ status, stdout, stderr }] = await answered;
			return new Result({ status, signal: null, stdout, stderr });
		} finally {
			this.#child.off("exit", onExit);
			this.#child.unref();
			this.#child.channel?.unref();
			this.#isBusy = false;
		}
	}

	[Symbol.dispose](): void {
		this.#child.kill("SIGKILL");
	}
}
