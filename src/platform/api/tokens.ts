/** The routes for access tokens. Only the answer to the creation of a token contains the token. */
import { decode } from "../../protocol/messages.ts";
import {
	type CreatedToken,
	type CreateToken,
	createdTokenSchema,
	createTokenSchema,
	type TokenDescription,
	type TokenList,
	tokenListSchema,
} from "../../protocol/token-messages.ts";
import type { TokenInfo } from "../tokens/tokens.ts";
import { answerOf, done, type Endpoint, json, jsonOf, SMALL_BODY_BYTES } from "./endpoint.ts";

function describe({ id, scopes, app, expiresAtMs, createdAtMs }: TokenInfo): TokenDescription {
	return { id, scopes: [...scopes], app: app ?? null, expiresAtMs: expiresAtMs ?? null, createdAtMs };
}

/** The time at which a token expires. A duration is counted from now by the platform's clock. */
function expiry(expires: CreateToken["expires"], nowMs: number): number | undefined {
	if (expires === null) return undefined;
	return "atMs" in expires ? expires.atMs : nowMs + expires.inMs;
}

export const listTokens: Endpoint = {
	summary: "List the access tokens",
	answer: answerOf("The tokens' descriptions, without the tokens themselves", json(tokenListSchema)),
	handle: ({ core }) => Response.json({ tokens: core.tokens.list().map(describe) } satisfies TokenList),
};

export const createToken: Endpoint = {
	summary: "Create an access token",
	body: json(createTokenSchema),
	answer: answerOf("The token. It cannot be read again", json(createdTokenSchema), 201),
	handle: async (call) => {
		const { core, principal } = call;
		const asked = decode(createTokenSchema, await jsonOf(call, SMALL_BODY_BYTES), "The request");
		const nowMs = core.clock.now();
		const grant = {
			scopes: asked.scopes,
			app: asked.app ?? undefined,
			expiresAtMs: expiry(asked.expires, nowMs),
		};
		const { id, token } = await core.tokens.create(grant, nowMs);
		core.log.info({ token: id, scopes: asked.scopes, app: asked.app, by: principal?.id }, "token created");
		const made = { id, createdAtMs: nowMs, ...grant, scopes: [...new Set(asked.scopes)].sort() };
		return Response.json({ ...describe(made), token } satisfies CreatedToken, { status: 201 });
	},
};

export const revokeToken: Endpoint = {
	summary: "Revoke an access token",
	answer: done,
	handle: async ({ core, parameter, principal }) => {
		const id = parameter("id");
		await core.tokens.revoke(id, core.clock.now());
		core.log.info({ token: id, by: principal?.id }, "token revoked");
		return new Response(null, { status: 204 });
	},
};
