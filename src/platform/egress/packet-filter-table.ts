/** A table of the system's packet filter that is there as long as a process holds it: nobody else can change it meanwhile. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

/** What is printed once the table is in place. */
const TABLE_READY = "coffer: the table is in place";

export class PacketFilterTable {
	/** Settles when the process has ended, and the table with it. */
	readonly ended: Promise<unknown>;
	readonly #child: ChildProcess;

	private constructor(child: ChildProcess) {
		this.#child = child;
		this.ended = once(child, "close");
	}

	/**
	 * Puts the table in place.
	 * @param nft the program, an absolute path
	 * @param commands that make the table, with `flags owner`
	 * @throws Error with what `nft` said, where it does not work here
	 */
	static async open(nft: string, commands: string): Promise<PacketFilterTable> {
		const child = spawn(nft, ["--interactive"], { cwd: "/", env: {}, stdio: ["pipe", "pipe", "pipe"] });
		const table = new PacketFilterTable(child);
		// A process that has gone says so by its end.
		child.stdin.on("error", () => {});
		let said = "";
		const inPlace = new Promise<void>((resolve, reject) => {
			child.once("error", reject);
			child.once("close", () => reject(new Error(said.trim() || "nft ended")));
			child.stdout.setEncoding("utf8").on("data", (text: string) => {
				said = (said + text).slice(-10_000);
				if (said.includes(TABLE_READY)) resolve();
			});
			child.stderr.setEncoding("utf8").on("data", (text: string) => {
				said = (said + text).slice(-10_000);
				if (/error/i.test(text)) reject(new Error(said.trim()));
			});
		});
		inPlace.catch(() => {});
		child.stdin.write(`${commands}\n`);
		try {
			await inPlace;
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

/** A rule's comment, by which `FilterTable` sees in a list that the last rule is in place. */
export const LAST_RULE = `comment "${TABLE_READY}"`;
