/** A small project as people write it for Deno, with what it is asked. */
export interface Project {
	/** The name of its function. */
	readonly name: string;
	/** By path below the function's folder. `index.ts` is its entry. */
	readonly files: Readonly<Record<string, string>>;
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
