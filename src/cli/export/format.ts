/** What a format of `secrets export` is. */

export interface ExportOptions {
	/** The name of the Kubernetes Secret. */
	readonly name: string;
	/** The namespace of the Kubernetes Secret; undefined leaves it to whoever applies it. */
	readonly namespace: string | undefined;
}

export interface ExportFormat {
	/** Whether a program runs the text, or sets variables for programs from it. */
	readonly isRun: boolean;
	/** Why the format cannot carry a secret, as a clause that follows "because"; undefined if it can. */
	refusal?(name: string, value: string): string | undefined;
	/** The text, with a line break at its end. @throws AppError `MANIFEST_NAME_INVALID`, `MANIFEST_TOO_LARGE` (exit 2) */
	write(secrets: ReadonlyMap<string, string>, options: ExportOptions): string;
}
