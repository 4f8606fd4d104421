/** Explains the statuses that have a particular meaning in error answers of Base44. */
import { EXIT } from "../../errors.ts";
import type { Fault } from "../api/faults.ts";

const FAULTS: ReadonlyMap<number, Fault> = new Map([
	[
		401,
		{
			code: "KEY_REFUSED",
			exit: EXIT.unauthorised,
			says: "does not accept the API key",
			hint: "Give a valid key: coffer link base44 --app APP (or BASE44_API_KEY).",
		},
	],
	[
		403,
		{
			code: "KEY_REFUSED",
			exit: EXIT.unauthorised,
			says: "does not allow this API key to use the app's secrets",
			hint: "Use a key of the workspace that the app is in, which may change it.",
		},
	],
	[
		404,
		{
			code: "APP_NOT_FOUND",
			exit: EXIT.notFound,
			says: "has no such app",
			hint: "Check the app's id (base44/.app.jsonc names it), and that the key is of its workspace.",
		},
	],
]);

/** The explanation of a status; undefined if it has the usual meaning. */
export function base44Fault(status: number): Fault | undefined {
	return FAULTS.get(status);
}
