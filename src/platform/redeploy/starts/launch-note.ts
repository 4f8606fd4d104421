/** What the data plane keeps about the secrets of a process, for the platform that takes the process over. */
import type { Started } from "../supervisor-port.ts";

type Secrets = Pick<Started, "moment" | "values">;

export function noteOf({ moment, values }: Secrets): string {
	return values === undefined ? String(moment) : `${moment} ${values.revision} ${values.digest}`;
}

/** Reads a note. The moment is not a number if the note is not valid. */
export function parseNote(note: string | undefined): Secrets {
	const [moment, revision, digest] = (note ?? "?").split(" ");
	const values = digest === undefined ? undefined : { revision: Number(revision), digest };
	return { moment: Number(moment), values };
}
