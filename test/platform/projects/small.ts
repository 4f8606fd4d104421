/** Small functions in all usual styles. */
import type { Project } from "./project.ts";

const small = (name: string, entry: string, more: Partial<Project> = {}): Project => ({
	name,
	paths: ["/", "/users/7?verbose=1"],
	by: "serve",
	...more,
	files: { "index.ts": entry, ...more.files },
});

export const SMALL: readonly Project[] = [
	small("hello", `export default { fetch: () => new Response("Hello, world!\\n") };\n`),
	small(
		"hono",
		`import { Hono } from "npm:hono@4.9.9";
const app = new Hono();
app.get("/", (context) => context.html("<h1>home</h1>"));
app.get("/users/:id", (context) => context.json({ id: context.req.param("id"), ...context.req.query() }));
export default app;
`,
	),
	small(
		"secret",
		`const key = Deno.env.get("PROJECT_KEY");
export default { fetch: () => Response.json([key, process.env.PROJECT_KEY, Deno.env.has("PROJECT_KEY")]) };
`,
	),
	small(
		"stream",
		`export default { fetch: () => new Response(ReadableStream.from(async function* () {
	for (const part of ["a", "b", "c"]) yield new TextEncoder().encode(\`data: \${part}\\n\\n\`);
}()), { headers: { "content-type": "text/event-stream" } }) };
`,
	),
	small(
		"dynamic-import",
		`const load = async (name: string) => (await import(\`./pages/\${name}.ts\`)).default;
export default { fetch: async (request: Request) => new Response(await load(new URL(request.url).pathname === "/" ? "home" : "user")) };
`,
		{
			files: {
				"pages/home.ts": 'export default "home";\n',
				"pages/user.ts":
					'import data from "../data.json" with { type: "json" };\nexport default data.user;\n',
				"data.json": '{ "user": "seven" }',
			},
		},
	),
	small(
		"libsql",
		`import { createClient } from "npm:@libsql/client@0.15.15/web";
const client = createClient({ url: "https://database.invalid", authToken: "t" });
export default { fetch: async () => {
	const error = await client.execute("select 1").catch((thrown) => thrown);
	return Response.json([error.name, error.cause?.code ?? error.code ?? null]);
} };
`,
	),
];
