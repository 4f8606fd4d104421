/**
 * Processes of a story: reads their output while they run, waits for their end, and kills them after the test.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { PROGRAM } from "../../support/program.ts";

export interface Started {
	readonly args: readonly string[];
	readonly cwd: string;
	readonly env: Readonly<Record<string, string>>;
	/** Its standard input. Each piece is written after the process took the one before. Empty by default. */
	readonly input?: string | Uint8Array | readonly (string | Uint8Array)[] | undefined;
	/** A command that starts it, such as strace with its options. */
	readonly under?: readonly string[] | undefined;
	/** The file that Node runs. By default, Coffer's own command line. */
	readonly program?: string | undefined;
}

/** The error that `--json` prints on stderr. */
export interface ErrorDocument {
	readonly code: string;
	readonly message: string;
	readonly hint: string;
	readonly exit: number;
	readonly line?: number;
}

/** Exit status and output of a command. */
export class Result {
	readonly status: number | null;
	readonly signal: NodeJS.Signals | null;
	readonly stdout: string;
	readonly stderr: string;

	constructor(end: { status: number | null; signal: NodeJS.Signals | null; stdout: string; stderr: string }) {
		this.status = end.status;
		this.signal = end.signal;
		this.stdout = end.stdout;
		this.stderr = end.stderr;
	}

	/** The single JSON document on stdout. */
	// biome-ignore lint/suspicious/noExplicitAny: each story states what it expects of a document.
	json(): any {
		return JSON.parse(this.stdout);
	}

	/** The JSON document of the error on stderr. */
	error(): ErrorDocument {
		return (JSON.parse(this.stderr) as { error: ErrorDocument }).error;
	}
}

/** Finds the line that a test waits for, in the output since the last line that was found. */
class Lines {
	text = "";
	#from = 0;
	#ended = false;
	#changed: () => void = () => {};

	constructor(stream: Readable) {
		stream.setEncoding("utf8");
		stream.on("data", (chunk: string) => {
			this.text += chunk;
			this.#changed();
		});
		stream.once("close", () => {
			this.#ended = true;
			this.#changed();
		});
	}

	/**
	 * The next line that the pattern matches.
	 * @throws Error if the stream ends without such a line
	 */
	async next(pattern: RegExp): Promise<string> {
		for (;;) {
			const end = this.text.lastIndexOf("\n") + 1;
			for (const line of this.text.slice(this.#from, end).split("\n").slice(0, -1)) {
				this.#from += line.length + 1;
				if (pattern.test(line)) return line;
			}
			if (this.#ended) throw new Error(`It ended without a line like ${pattern}:\n${this.text}`);
			await new Promise<void>((resolve) => {
				this.#changed = resolve;
			});
		}
	}
}

/** A `coffer` process. */
export class Running {
	readonly child: ChildProcess;
	readonly stdout: Lines;
	readonly stderr: Lines;
	readonly ended: Promise<Result>;

	constructor({ args, cwd, env, input, under = [], program = PROGRAM }: Started) {
		const stdin = input === undefined ? "ignore" : "pipe";
		const [command = PROGRAM, ...words] = [...under, program, ...args];
		this.child = spawn(command, words, { cwd, env, stdio: [stdin, "pipe", "pipe"] });
		this.stdout = new Lines(this.child.stdout as Readable);
		this.stderr = new Lines(this.child.stderr as Readable);
		this.ended = once(this.child, "close").then(
			([status, signal]) =>
				new Result({ status, signal, stdout: this.stdout.text, stderr: this.stderr.text }),
		);
		if (input !== undefined) void this.#write(input);
	}

	get pid(): number {
		if (this.child.pid === undefined) throw new Error("The process did not start.");
		return this.child.pid;
	}

	async #write(input: NonNullable<Started["input"]>): Promise<void> {
		const stdin = this.child.stdin;
		// A command that refuses its input ends before it has read it.
		stdin?.on("error", () => undefined);
		for (const piece of typeof input === "string" || input instanceof Uint8Array ? [input] : input) {
			await new Promise<void>((resolve) => stdin?.write(piece, () => resolve()));
		}
		stdin?.end();
	}

	signal(signal: NodeJS.Signals): void {
		this.child.kill(signal);
	}

	/** Kills it if it still runs, and does not wait for processes that have inherited its output. */
	async [Symbol.asyncDispose](): Promise<void> {
		if (this.child.exitCode === null && this.child.signalCode === null) {
			const exited = once(this.child, "exit");
			this.child.kill("SIGKILL");
			await exited;
		}
		this.child.stdout?.destroy();
		this.child.stderr?.destroy();
	}
}
