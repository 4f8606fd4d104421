/**
 * Issues a token that is valid for an hour. As an example, it gives one to everybody who sends an e-mail
 * address.
 */
import { tokenKey } from "../_shared/keys.ts";
import { signToken } from "../_shared/tokens.ts";

const LIFETIME_SECONDS = 3600;

export default async function login(request: Request): Promise<Response> {
	if (request.method !== "POST") return new Response("POST an email.", { status: 405 });
	const { email }: { email?: unknown } = await request.json();
	if (typeof email !== "string" || !email.includes("@")) {
		return Response.json({ error: "That is no e-mail address." }, { status: 400 });
	}
	const exp = Math.floor(Date.now() / 1000) + LIFETIME_SECONDS;
	return Response.json({ token: await signToken({ sub: email, exp }, await tokenKey()) });
}
