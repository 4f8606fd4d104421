/** A small project as people write it for Deno, with what it is asked. */
export interface Project {
	/** The name of its function. */
	readonly name: string;
	/** By path below the project's folder. */
	readonly files: Readonly<Record<string, string>>;
	/** Symbolic links by path. */
	readonly links?: Readonly<Record<string, string>>;
	/** Its folder. The default is `functions/NAME`. */
	readonly folder?: string;
	/** The entry, below that folder. The default is `index.ts`. */
	readonly entry?: string;
	/** What Deno needs besides, as the product for which the project is written passes it. */
	readonly flags?: readonly string[];
	/** The paths that are requested. */
	readonly paths: readonly string[];
	/** Whether `/socket` is a WebSocket that answers the first message and then closes. */
	readonly hasSocket?: boolean;
	/**
	 * How Deno runs the entry: `run` where it listens at `PORT` and says so with a line of output, `serve` where its
	 * default export answers.
	 */
	readonly by: "run" | "serve";
}
