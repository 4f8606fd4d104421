/** A command in a real terminal (tmux). Tests wait for events, not for fixed times. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface TmuxOptions {
	readonly command: readonly string[];
	readonly cwd?: string;
	readonly env?: NodeJS.ProcessEnv;
	readonly columns?: number;
	readonly rows?: number;
}

/**
 * The time after which a program counts as hanging. The test's own time limit would not show where it hangs.
 */
const UNTIL_MS = 25_000;

const quoted = (word: string) => `'${word.replaceAll("'", "'\\''")}'`;

/** tmux's control mode writes special characters as `\ooo`. */
function unescaped(text: string): string {
	const bytes = text.replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8)));
	return Buffer.from(bytes, "latin1").toString("utf8");
}

export class Tmux implements AsyncDisposable {
	/** The terminal's output so far. */
	shown = "";
	readonly #folder = mkdtempSync(join(tmpdir(), "coffer-tmux-"));
	readonly #socket = join(this.#folder, "socket");
	readonly #control: ChildProcessWithoutNullStreams;
	readonly #closed: Promise<void>;
	#from = 0;
	#isClosed = false;
	#changed: () => void = () => {};
	#pending = "";
	/** The lines of the reply that is being read; undefined between replies. */
	#answer: string[] | undefined;
	readonly #waiting: ((lines: string[]) => void)[] = [];

	constructor({ command, cwd, env, columns = 80, rows = 24 }: TmuxOptions) {
		const size = ["-x", String(columns), "-y", String(rows)];
		const line = command.map(quoted).join(" ");
		// With one -C, control mode uses pipes.
		const args = ["-f", "/dev/null", "-S", this.#socket, "-C", "new-session", ...size, line];
		this.#control = spawn("tmux", args, { cwd, env: { ...(env ?? process.env), TERM: "xterm-256color" } });
		// The reply to `new-session` itself.
		this.#waiting.push(() => undefined);
		this.#control.stdout.setEncoding("latin1");
		this.#control.stdout.on("data", (chunk: string) => this.#read(chunk));
		this.#control.stdin.on("error", () => undefined);
		this.#closed = new Promise((resolve) => {
			this.#control.once("close", () => {
				this.#isClosed = true;
				this.#changed();
				for (const answer of this.#waiting.splice(0)) answer([]);
				resolve();
			});
		});
	}

	#read(chunk: string): void {
		const lines = (this.#pending + chunk).split("\n");
		this.#pending = lines.pop() ?? "";
		for (const line of lines) this.#readLine(line.replace(/\r$/, ""));
	}

	#readLine(line: string): void {
		const output = /^%output %\d+ (.*)$/s.exec(line)?.[1];
		if (output !== undefined) {
			this.shown += unescaped(output);
			this.#changed();
		} else if (line.startsWith("%begin ")) this.#answer = [];
		else if (/^%(end|error) /.test(line)) {
			this.#waiting.shift()?.(this.#answer ?? []);
			this.#answer = undefined;
		} else this.#answer?.push(Buffer.from(line, "latin1").toString("utf8"));
	}

	/** Sends tmux a command. @returns the lines of its reply */
	async tell(...words: readonly string[]): Promise<string[]> {
		const answered = new Promise<string[]>((resolve) => this.#waiting.push(resolve));
		this.#control.stdin.write(`${words.map(quoted).join(" ")}\n`);
		return await answered;
	}

	/**
	 * Waits until a text appears in the output after the text of the last wait.
	 * @returns the output in between
	 * @throws Error, with the output, if the command ends or `UNTIL_MS` passes without the text
	 */
	async until(text: string): Promise<string> {
		let isLate = false;
		const timer = setTimeout(() => {
			isLate = true;
			this.#changed();
		}, UNTIL_MS);
		using _ = { [Symbol.dispose]: () => clearTimeout(timer) };
		for (;;) {
			const at = this.shown.indexOf(text, this.#from);
			if (at >= 0) {
				const between = this.shown.slice(this.#from, at);
				this.#from = at + text.length;
				return between;
			}
			if (isLate) throw new Error(`Not shown: ${JSON.stringify(text)}, of ${JSON.stringify(this.shown)}`);
			if (this.#isClosed) throw new Error(`It ended without ${JSON.stringify(text)}:\n${this.shown}`);
			await new Promise<void>((resolve) => {
				this.#changed = resolve;
			});
		}
	}

	/**
	 * Pastes bytes. @param options `bracketed`: with the marks of bracketed paste, if the program has turned
	 * it on; `raw`: does not change line feeds
	 */
	async paste(content: Uint8Array, options: { bracketed: boolean; raw?: boolean }): Promise<void> {
		const file = join(this.#folder, "paste");
		writeFileSync(file, content);
		await this.tell("load-buffer", "-b", "paste", file);
		const flags = [...(options.bracketed ? ["-p"] : []), ...(options.raw ? ["-r"] : [])];
		await this.tell("paste-buffer", ...flags, "-b", "paste");
	}

	/** Presses keys by tmux's names, or types text. */
	async keys(...names: readonly string[]): Promise<void> {
		await this.tell("send-keys", ...names);
	}

	/** The present lines of the screen, without trailing spaces. */
	async screen(): Promise<string[]> {
		return (await this.tell("capture-pane", "-p")).map((line) => line.trimEnd());
	}

	/** Waits until the command has ended. */
	async ended(): Promise<void> {
		await this.#closed;
	}

	async [Symbol.asyncDispose](): Promise<void> {
		if (!this.#isClosed) void this.tell("kill-server");
		await this.#closed;
		rmSync(this.#folder, { recursive: true, force: true });
	}
}
