/** `functions invoke` prints the body of an answer while it arrives, as it is. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { newProject } from "../support/project.ts";

const BYTES = [0, 255, 1, 10, 128];
const ANSWERS = `
const { promise: gate, resolve: open } = Promise.withResolvers();
const stream = (next) => new Response(new ReadableStream({
	async start(controller) {
		controller.enqueue(new TextEncoder().encode("one\\n"));
		await gate;
		next(controller);
	},
}));
export default (request) => {
	switch (new URL(request.url).pathname) {
		case "/open": open(); return new Response("opened");
		case "/bytes": return new Response(new Uint8Array(${JSON.stringify(BYTES)}));
		case "/broken": return stream((controller) => controller.error(new Error("broken")));
		default: return stream((controller) => {
			controller.enqueue(new TextEncoder().encode("two"));
			controller.close();
		});
	}
};
`;

test("invoke prints a stream while it arrives, binary bodies unchanged, and reports one that breaks off", async () => {
	await using project = await newProject();
	project.write("functions/answers.ts", ANSWERS);
	const dev = project.start(["dev", "--port", "0"]);
	await dev.stdout.next(/Serving 1 function at /);
	const invoke = ["functions", "invoke", "answers"];

	const whole = project.start(invoke);
	const broken = project.start([...invoke, "--path", "/broken"]);
	await Promise.all([whole.stdout.next(/^one$/), broken.stdout.next(/^one$/)]);
	await project.ok([...invoke, "--path", "/open"]);
	expect(await whole.ended).toMatchObject({
		status: 0,
		stdout: "one\ntwo",
		stderr: expect.stringMatching(/^200 OK from 'coffer dev' in \d+ ms\n$/),
	});
	expect(await broken.ended).toMatchObject({
		status: 6,
		stdout: "one\n",
		stderr: expect.stringContaining("broke off before its end"),
	});

	const toFile = { under: ["sh", "-c", '"$@" > body.bin', "sh"] };
	expect((await project.start([...invoke, "--path", "/bytes"], toFile).ended).status).toBe(0);
	expect([...readFileSync(join(project.root, "body.bin"))]).toEqual(BYTES);
});
