/** Responds with the identity of a token's bearer. */
import { previousTokenKey, tokenKey } from "../_shared/keys.ts";
import { verifyToken } from "../_shared/tokens.ts";

export default {
	async fetch(request: Request): Promise<Response> {
		const [, token] = /^Bearer (\S+)$/.exec(request.headers.get("authorization") ?? "") ?? [];
		const keys = [await tokenKey(), await previousTokenKey()].filter((key) => key !== undefined);
		const claims = token === undefined ? undefined : await verifyToken(token, keys);
		if (claims === undefined) return Response.json({ error: "Log in first." }, { status: 401 });
		return Response.json({ email: claims.sub, until: new Date(claims.exp * 1000).toISOString() });
	},
};
