/** Explains the statuses of Base44's error answers. */
import { EXIT, type ExitStatus } from "../../errors.ts";

interface Fault {
	readonly code: string;
	readonly exit: ExitStatus;
	/** What Base44 does, as a clause that ends a sentence. */
	readonly says: string;
	readonly hint: string;
}

const FAULTS: ReadonlyMap<number, Fault> = new Map([
	[
		401,
		{
			code: "BASE44_KEY_REFUSED",
			exit: EXIT.unauthorised,
			says: "does not accept the API key",
			hint: "Give a valid key: coffer link base44 --app APP (or BASE44_API_KEY).",
		},
	],
	[
		403,
		{
			code: "BASE44_KEY_REFUSED",
			exit: EXIT.unauthorised,
			says: "does not allow this API key to use the app's secrets",
			hint: "Use a key of the workspace that the app is in, which may change it.",
		},
	],
	[
		404,
		{
			code: "BASE44_APP_NOT_FOUND",
			exit: EXIT.notFound,
			says: "has no such app",
			hint: "Check the app's id (base44/.app.jsonc names it), and that the key is of its workspace.",
		},
	],
	[
		429,
		{
			code: "BASE44_BUSY",
			exit: EXIT.network,
			says: "limits the rate of requests",
			hint: "Wait, then run 'coffer sync'.",
		},
	],
]);

/** The explanation of a status. */
export function base44Fault(status: number): Fault {
	const known = FAULTS.get(status);
	if (known) return known;
	if (status >= 500)
		return {
			code: "BASE44_FAILED",
			exit: EXIT.network,
			says: "failed",
			hint: "The vault keeps the change. Run 'coffer sync' later.",
		};
	return {
		code: "BASE44_REFUSED",
		exit: EXIT.failure,
		says: "refused the request",
		hint: "Correct what it reports, then run 'coffer sync'.",
	};
}
