/** Explains error answers of Cloudflare's API, which have a status and codes. */
import { EXIT } from "../../errors.ts";
import type { Reply } from "../api/client.ts";
import type { Fault } from "../api/faults.ts";

/** The codes that have a meaning here. wrangler handles the same ones. */
export const CODE = {
	noWorker: 10_007,
	nameInUse: 10_053,
	noBinding: 10_056,
	notDeployed: 10_215,
} as const;

const NO_WORKER: Fault = {
	code: "WORKER_NOT_FOUND",
	exit: EXIT.notFound,
	says: "has no such Worker in this account",
	hint: "Check the account's id and the Worker's name. A new Worker must be deployed first: wrangler deploy.",
};

const BY_CODE: ReadonlyMap<number, Fault> = new Map([
	[CODE.noWorker, NO_WORKER],
	[
		CODE.nameInUse,
		{
			code: "NAME_IN_USE",
			exit: EXIT.failure,
			says: "already uses one of these names for a binding that is not a secret",
			hint: "Remove that variable or binding from the Worker ('vars' in wrangler.jsonc, or the dashboard) and deploy it, or rename the secret. Then run 'coffer sync'.",
		},
	],
	[
		CODE.notDeployed,
		{
			code: "VERSION_NOT_DEPLOYED",
			exit: EXIT.failure,
			says: "does not change secrets while the Worker's latest version is not deployed",
			hint: "Deploy the latest version (wrangler versions deploy), then run 'coffer sync'.",
		},
	],
]);

const BY_STATUS: ReadonlyMap<number, Fault> = new Map([
	[
		401,
		{
			code: "TOKEN_REFUSED",
			exit: EXIT.unauthorised,
			says: "does not accept the API token",
			hint: "Give a valid token: coffer link cloudflare --account ID --worker NAME (or CLOUDFLARE_API_TOKEN).",
		},
	],
	[
		403,
		{
			code: "TOKEN_REFUSED",
			exit: EXIT.unauthorised,
			says: "does not allow this API token to use the Worker's secrets",
			hint: "Use a token with the permission 'Workers Scripts: Edit' for this account.",
		},
	],
	[404, NO_WORKER],
]);

interface ApiError {
	readonly code?: unknown;
	readonly message?: unknown;
}

function errorsOf(body: unknown): ApiError[] {
	if (typeof body !== "object" || body === null || !("errors" in body)) return [];
	const { errors } = body;
	if (!Array.isArray(errors)) return [];
	return errors.filter((each): each is ApiError => typeof each === "object" && each !== null);
}

/** Whether an answer has an error code. */
export function hasCode(body: unknown, code: number): boolean {
	return errorsOf(body).some((error) => error.code === code);
}

/** The explanation of an error answer; undefined if its status has the usual meaning. */
export function cloudflareFault({ body, status }: Reply): Fault | undefined {
	for (const [code, fault] of BY_CODE) if (hasCode(body, code)) return fault;
	return BY_STATUS.get(status);
}

/** The texts of an error answer, where `faultDetail` looks for them. */
export function cloudflareMessage(body: unknown): { message: string } {
	const texts = errorsOf(body).flatMap(({ message }) => (typeof message === "string" ? [message] : []));
	return { message: texts.join(" ") };
}
