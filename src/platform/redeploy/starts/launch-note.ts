/** What the data plane keeps about the secrets of a process, for the platform that takes the process over. */
import { formatMoment, parseMoment } from "../../apps/state/moment.ts";
import type { Started } from "../supervisor-port.ts";

type Secrets = Pick<Started, "moment" | "values">;

export function noteOf({ moment, values }: Secrets): string {
	const text = formatMoment(moment);
	return values === undefined ? text : `${text} ${values.revision} ${values.digest}`;
}

/** Reads a note. Undefined if it is not valid, or an earlier version of Coffer wrote it in another form. */
export function parseNote(note: string | undefined): Secrets | undefined {
	const [text = "", revision, digest] = (note ?? "").split(" ");
	const moment = parseMoment(text);
	const values = digest === undefined ? undefined : { revision: Number(revision), digest };
	return moment && { moment, values };
}
