/** Asks a platform what it is and what a token may do there, for a diagnosis. */
import { cryptoReady } from "../../crypto.ts";
import { AppError } from "../../errors.ts";
import { sendRequest, type Transport } from "../../http/request.ts";
import { fingerprint } from "../../identity/identity.ts";
import { type ConsoleSession, consoleSessionSchema } from "../../protocol/console.ts";
import { appInfoSchema, platformInfoSchema } from "../../protocol/messages.ts";
import { ROUTES } from "../../protocol/routes.ts";
import { Connection } from "./connection.ts";

/** What a platform says of itself. No token is needed. */
export interface InspectedPlatform {
	/** The version of Coffer. */
	readonly version: string;
	/** Of the key that it shows. */
	readonly fingerprint: string;
	/** By how much its clock is ahead of this machine's, in milliseconds, to about a second; undefined if it does not say. */
	readonly aheadMs: number | undefined;
}

/** The limit of an answer, in milliseconds. A diagnosis of something that does not answer must end soon. */
const ANSWER_MS = 5_000;

/** @throws AppError exit 6 if it cannot be reached, or answers what no platform does */
export async function inspectPlatform(url: string): Promise<InspectedPlatform> {
	let aheadMs: number | undefined;
	const transport: Transport = async (to, request) => {
		const sentMs = Date.now();
		const answer = await sendRequest(to, request);
		const atMs = Date.parse(answer.headers.date ?? "");
		// The header has whole seconds: on average it is half a second early.
		if (!Number.isNaN(atMs)) aheadMs = atMs + 500 - (sentMs + Date.now()) / 2;
		return answer;
	};
	const connection = new Connection({ url, token: undefined, answerMs: ANSWER_MS, transport });
	const what = "The platform's description";
	const { box, sign, version } = await connection.json(ROUTES.platform, {}, platformInfoSchema, what);
	await cryptoReady;
	return { version, fingerprint: fingerprint({ sign, box }), aheadMs };
}

/**
 * What a token may do.
 * @throws AppError `TOKEN_INVALID`, `TOKEN_SCOPE` (exit 3), exit 6 as `inspectPlatform`
 */
export function inspectToken(url: string, token: string): Promise<ConsoleSession> {
	const connection = new Connection({ url, token, answerMs: ANSWER_MS });
	return connection.json(ROUTES.showConsoleSession, {}, consoleSessionSchema, "The token's rights");
}

/**
 * Whether a platform has an app. The token needs the scope `read`.
 * @throws AppError `TOKEN_INVALID`, `TOKEN_SCOPE` (exit 3), exit 6 as `inspectPlatform`
 */
export async function hasApp(url: string, token: string, app: string): Promise<boolean> {
	const connection = new Connection({ url, token, answerMs: ANSWER_MS });
	try {
		await connection.json(ROUTES.showApp, { parameters: { app } }, appInfoSchema, "The app's description");
		return true;
	} catch (error) {
		if (error instanceof AppError && error.code === "APP_NOT_FOUND") return false;
		throw error;
	}
}
