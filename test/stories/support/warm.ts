/** A kept process that runs one command line after the other. Stories use it to arrange their tests. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { PROGRAM } from "../../support/program.ts";
import { ROOT } from "../../support/root.ts";
import { Result, type Started } from "./process.ts";

/** By the checkout's folder, because benchmarks are bundled. */
const FILE = join(ROOT, "test/stories/support/warm.cjs");

/** Variables that commands read while they run, so that each command can have its own in the same process. */
const PASSED = [
	"HOME",
	"TMPDIR",
	"XDG_STATE_HOME",
	"COFFER_ALLOW_REVEAL",
	"COFFER_ENVIRONMENT",
	"COFFER_IDENTITY",
	"COFFER_IDENTITY_FILE",
	"COFFER_ORIGIN",
	"COFFER_TOKEN",
	"BASE44_API_KEY",
	"BASE44_API_URL",
	"BASE44_APP_ID",
];

/** The number of processes for each worker. A story rarely runs several commands at the same time. */
const KEPT_MAX = 3;

/** They end with the worker. */
let processes: Warm[] = [];

/**
 * A free process that all projects of this worker share.
 * @param usual the environment of a process of this worker
 * @param env the whole environment of a command
 * @returns undefined if all are busy, or if the environments differ in other variables than those that
 *   commands read while they run
 */
export function sharedWarm(
	usual: Readonly<Record<string, string>>,
	env: Readonly<Record<string, string>>,
): Warm | undefined {
	const names = new Set([...Object.keys(usual), ...Object.keys(env)]);
	for (const name of names) if (usual[name] !== env[name] && !PASSED.includes(name)) return undefined;
	processes = processes.filter(({ isAlive }) => isAlive);
	const free = processes.find(({ isFree }) => isFree);
	if (free !== undefined || processes.length >= KEPT_MAX) return free;
	const warm = new Warm(env);
	processes.push(warm);
	return warm;
}

/** Each piece of an input, in Base64. */
function encoded(input: Started["input"]): string[] | undefined {
	if (input === undefined) return undefined;
	const pieces = typeof input === "string" || input instanceof Uint8Array ? [input] : input;
	return pieces.map((piece) => Buffer.from(piece).toString("base64"));
}

export class Warm implements Disposable {
	readonly #child: ChildProcess;
	readonly #ready: Promise<unknown>;
	#isBusy = false;

	/**
	 * @param env the environment of the process
	 * @param program the program's `bin/run.js`
	 */
	constructor(env: Readonly<Record<string, string>>, program = PROGRAM) {
		this.#child = fork(FILE, [program], { env, execArgv: [], stdio: ["ignore", "ignore", "inherit", "ipc"] });
		this.#child.unref();
		this.#child.channel?.unref();
		this.#ready = once(this.#child, "message");
	}

	/** Whether it can run a command now. It runs one command at a time. */
	get isFree(): boolean {
		return !this.#isBusy && this.isAlive;
	}

	get isAlive(): boolean {
		return this.#child.connected;
	}

	/**
	 * @param env the whole environment of the command; only the variables in `PASSED` may differ from those of
	 *   the process
	 * @param crashes whether the first file that is put in place, or the first JSON, throws a TypeError
	 * @throws Error if the process ends before the command has ended
	 */
	async run(
		args: readonly string[],
		cwd: string,
		env: Readonly<Record<string, string>>,
		given?: Started["input"],
		crashes = false,
	): Promise<Result> {
		this.#isBusy = true;
		const ended = new AbortController();
		const onExit = () => ended.abort(new Error(`The process ended within coffer ${args[0]}.`));
		this.#child.once("exit", onExit);
		this.#child.ref();
		this.#child.channel?.ref();
		try {
			await this.#ready;
			const answered = once(this.#child, "message", { signal: ended.signal });
			const variables = Object.fromEntries(PASSED.map((name) => [name, env[name] ?? null]));
			this.#child.send({ args, cwd, variables, input: encoded(given), crashes });
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
