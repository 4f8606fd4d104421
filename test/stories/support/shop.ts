/** The functions of the main story: every layout, every kind of handler, and every way to read a secret. */
export const SHOP: Readonly<Record<string, string>> = {
	"functions/hello/index.ts": `Deno.serve(() =>
	new Response("hello " + Deno.env.get("GREETING")));
`,
	"functions/_shared/keys.ts": `export function payKey() {
	return Deno.env.get("PAY_KEY");
}

export function mailKey() {
	return process.env.MAIL_KEY;
}
`,
	"functions/api/pay/entry.ts": `import { payKey } from "../../_shared/keys.ts";
export default { fetch: () => new Response("pay " + payKey()) };
`,
	"functions/mail/main.ts": `import { mailKey } from "../_shared/keys.ts";
export default () => new Response("mail " + mailKey());
`,
	"functions/std/index.ts": `import { serve } from "https://deno.land/std@0.177.0/http/server.ts";
serve(() => new Response("std " + Deno.env.get("GREETING")));
`,
	"functions/any/index.ts": `Deno.serve((request: Request) => {
	const name = new URL(request.url).searchParams.get("name") ?? "";
	return new Response("any " + Deno.env.get(name));
});
`,
	"functions/plain.ts": `export default (request: Request) =>
	new Response("plain " + new URL(request.url).pathname + " " + request.headers.get("x-forwarded-prefix"));
`,
	"functions/wait/index.js": `import ms from "npm:ms@2.1.3";
Deno.serve(() => new Response("wait " + ms(Deno.env.get("PERIOD"))));
`,
	"functions/fragile/index.ts": `const limit = Number(Deno.env.get("LIMIT"));
if (Number.isNaN(limit)) throw new Error("LIMIT is no number");
Deno.serve(() => new Response("fragile " + limit));
`,
};

export const NAMES = ["any", "api/pay", "fragile", "hello", "mail", "plain", "std", "wait"];

export const ENV_FILE = `GREETING=world
PAY_KEY="pay-1"
MAIL_KEY='mail-1'
PERIOD=2 days
LIMIT=10
`;
