/** The routes for access tokens. Only the answer to the creation of a token contains the token. */
import { decode } from "../../protocol/messages.ts";
import {
	type CreatedToken,
	type CreateToken,
	createTokenSchema,
	type TokenDescription,
	type TokenList,
} from "../../protocol/token-messages.ts";
import type { TokenInfo } from "../tokens/tokens.ts";
import { type Handler, jsonOf, SMALL_BODY_BYTES } from "./handlers.ts";

function describe({ id, scopes, app, expiresAtMs, createdAtMs }: TokenInfo): TokenDescription {
	return { id, scopes: [...scopes], app: app ?? null, expiresAtMs: expiresAtMs ?? null, createdAtMs };
}

/** The time at which a token expires. A duration is counted from now by the platform's clock. */
function expiry(expires: CreateToken["expires"], nowMs: number): number | undefined {
	if (expires === null) return undefined;
	return "atMs" in expires ? expires.atMs : nowMs + expires.inMs;
}

export const listTokens: Handler = ({ core }) =>
	Response.json({ tokens: core.tokens.list().map(describe) } satisfies TokenList);

export const createToken: Handler = async (call) => {
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
};

export const revokeToken: Handler = async ({ core, parameter, principal }) => {
	const id = parameter("id");
	await core.tokens.revoke(id, core.clock.now());
	core.log.info({ token: id, by: principal?.id }, "token revoked");
	return new Response(null, { status: 204 });
};
