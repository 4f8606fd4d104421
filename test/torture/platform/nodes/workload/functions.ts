/** The functions that the torture deploys. */

/** The app of `pair` and `tick`, and that of `strict`. */
export const SHOP = "shop";
export const GATE = "gate";
/** The value of C with which `strict` does not start begins with this. */
export const BAD = "bad";

/** Returns its version and two secrets, which every change sets to the same value. */
export function pairSource(tag: number): Record<string, string> {
	return {
		"functions/pair/index.ts": `
			const values = [Deno.env.get("A"), Deno.env.get("B")];
			Deno.serve(() => Response.json({ tag: ${tag}, values }));`,
	};
}

/** Does not start with some values. */
export const STRICT = {
	"functions/strict/index.ts": `
		const value = Deno.env.get("C") ?? "";
		if (value.startsWith("${BAD}")) throw new Error("This value is not accepted.");
		Deno.serve(() => Response.json({ tag: 0, values: [value] }));`,
};

const AUTOMATIONS = [1, 2, 3].map((number) => ({
	name: `every-minute-${number}`,
	type: "scheduled",
	schedule_mode: "recurring",
	schedule_type: "cron",
	cron_expression: "* * * * *",
}));

/** Reports each run of its automations. @param collector HOST:PORT */
export function tickSource(collector: string): Record<string, string> {
	return {
		"functions/tick/index.ts": `
			Deno.serve(async ({ headers }) => {
				const query = new URLSearchParams({
					name: headers.get("x-coffer-automation") ?? "",
					due: headers.get("x-coffer-due") ?? "",
					call: crypto.randomUUID(),
				});
				if (query.get("due") !== "") await fetch("http://${collector}/?" + query);
				return new Response("ok");
			});`,
		"functions/tick/function.jsonc": JSON.stringify({ automations: AUTOMATIONS }),
	};
}
