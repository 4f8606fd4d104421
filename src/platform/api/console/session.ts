/** The routes that open, show and close a session of the web console. */
import { AppError, EXIT } from "../../../errors.ts";
import {
	type ConsoleSession,
	consoleCodeSchema,
	consoleSessionSchema,
	type OpenedSession,
	openedSessionSchema,
	openSessionSchema,
} from "../../../protocol/console.ts";
import { decode } from "../../../protocol/messages.ts";
import { ROUTES } from "../../../protocol/routes.ts";
import type { ConsoleSessions } from "../../console/sessions.ts";
import { tokenInvalid } from "../authenticate.ts";
import { answerOf, type Call, done, type Endpoint, json, jsonOf, SMALL_BODY_BYTES } from "../endpoint.ts";
import { cookieName } from "./session-request.ts";

/** A page that a TLS proxy shows has an origin with `https`, also if the proxy sends plain HTTP. */
function isSecure(request: Request): boolean {
	return (request.headers.get("origin") ?? request.url).startsWith("https:");
}

/** A cookie that scripts cannot read, and that browsers send to this API only, and only from its own pages. */
function cookie(request: Request, fingerprint: string, value: string, seconds: number): string {
	const { path } = ROUTES.openConsoleSession;
	const scope = path.slice(0, path.indexOf("/", 1));
	const parts = [`${cookieName(fingerprint)}=${value}`, `Path=${scope}`, `Max-Age=${seconds}`];
	return [...parts, "HttpOnly", "SameSite=Strict", ...(isSecure(request) ? ["Secure"] : [])].join("; ");
}

/** The sessions of the console. @throws AppError `CONSOLE_OFF` (exit 4) */
function sessionsOf({ webConsole }: Call): ConsoleSessions {
	if (webConsole !== undefined) return webConsole.sessions;
	throw new AppError({
		code: "CONSOLE_OFF",
		message: "The web console of this platform is off.",
		hint: "Start the platform without --no-console.",
		exit: EXIT.notFound,
	});
}

export const createConsoleCode: Endpoint = {
	summary: "Create a code that opens the web console once",
	answer: answerOf("The code", json(consoleCodeSchema), 201),
	refuses: [404],
	handle: (call) => {
		if (call.principal === undefined) throw tokenInvalid();
		return Response.json(sessionsOf(call).createCode(call.principal), { status: 201 });
	},
};

export const openConsoleSession: Endpoint = {
	summary: "Open a session of the web console with a code",
	body: json(openSessionSchema),
	answer: answerOf("A part of the session. The other part is a cookie", json(openedSessionSchema), 201),
	refuses: [401, 404],
	handle: async (call) => {
		const { core, request } = call;
		const { code } = decode(openSessionSchema, await jsonOf(call, SMALL_BODY_BYTES), "The request");
		const { cookie: value, expiresAtMs, proof, token } = await sessionsOf(call).open(code);
		core.log.info({ token }, "console opened");
		const seconds = Math.max(0, Math.floor((expiresAtMs - core.clock.now()) / 1000));
		const headers = { "set-cookie": cookie(request, core.info.fingerprint, value, seconds) };
		return Response.json({ proof, expiresAtMs } satisfies OpenedSession, { status: 201, headers });
	},
};

export const showConsoleSession: Endpoint = {
	summary: "Show what a session of the web console, or a token, may do",
	answer: answerOf("The session", json(consoleSessionSchema)),
	handle: ({ core, principal }) => {
		if (principal === undefined) throw tokenInvalid();
		const { app, id, scopes, sessionEndsAtMs } = principal;
		const expiresAtMs = sessionEndsAtMs ?? core.tokens.find(id)?.expiresAtMs;
		return Response.json({
			token: id,
			scopes: [...scopes],
			app: app ?? null,
			expiresAtMs: expiresAtMs ?? null,
			version: core.info.version,
			node: core.node?.name ?? "",
		} satisfies ConsoleSession);
	},
};

export const closeConsoleSession: Endpoint = {
	summary: "Close the session of the web console in this browser",
	answer: done,
	handle: ({ core, request }) => {
		const headers = { "set-cookie": cookie(request, core.info.fingerprint, "", 0) };
		return new Response(null, { status: 204, headers });
	},
};
