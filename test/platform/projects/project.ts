/** A small project as users write it for Deno, with the requests to it. */
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
	/** Further flags of Deno, as the product for which the project is written passes them. */
	readonly flags?: readonly string[];
	/** The requested paths. */
	readonly paths: readonly string[];
	/** Whether `/socket` is a WebSocket that answers the first message and then closes. */
	readonly hasSocket?: boolean;
	/**
	 * How Deno runs the entry: `run` if it listens at `PORT` and prints a line then, `serve` if its default
	 * export responds.
	 */
	readonly by: "run" | "serve";
}
