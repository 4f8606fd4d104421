/** A table of the system's packet filter that a process owns. It exists as long as that process, and no other process can change it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

/** The text that `nft` prints once the table is installed. */
const TABLE_READY = "coffer: the table is in place";

export class PacketFilterTable {
	/** Settles when the process has ended. Then the table no longer exists. */
	readonly ended: Promise<unknown>;
	readonly #child: ChildProcess;

	private constructor(child: ChildProcess) {
		this.#child = child;
		this.ended = once(child, "close");
	}

	/**
	 * Installs the table.
	 * @param nft the absolute path of the program
	 * @param commands the commands that create the table, with `flags owner`, and list it
	 * @throws Error with the output of `nft` if that fails
	 */
	static async open(nft: string, commands: string): Promise<PacketFilterTable> {
		const child = spawn(nft, ["--interactive"], {
			cwd: "/",
			env: {},
			stdio: ["pipe", "pipe", "pipe"],
			// Ctrl-C in the platform's terminal must not end it before the functions.
			detached: true,
		});
		const table = new PacketFilterTable(child);
		// If the process has exited, its `close` event reports that.
		child.stdin.on("error", () => {});
		let output = "";
		const ready = new Promise<void>((resolve, reject) => {
			child.once("error", reject);
			child.once("close", () => reject(new Error(output.trim() || "nft exited without a message")));
			child.stdout.setEncoding("utf8").on("data", (text: string) => {
				output = (output + text).slice(-10_000);
				if (output.includes(TABLE_READY)) resolve();
			});
			child.stderr.setEncoding("utf8").on("data", (text: string) => {
				output = (output + text).slice(-10_000);
				if (/error/i.test(text)) reject(new Error(output.trim()));
			});
		});
		ready.catch(() => {});
		child.stdin.write(`${commands}\n`);
		try {
			await ready;
			return table;
		} catch (error) {
			child.kill("SIGKILL");
			throw error;
		}
	}

	async close(): Promise<void> {
		this.#child.kill("SIGKILL");
		if (this.#child.exitCode === null && this.#child.signalCode === null) await this.ended;
	}
}

/** The comment of the last rule. When `nft` lists it, all rules are installed. */
export const LAST_RULE = `comment "${TABLE_READY}"`;
