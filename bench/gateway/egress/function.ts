/** The source of the function whose fetches are measured. It responds with their time, in ms. */
import { BYTES, PORT } from "./server.ts";

/** The kinds of fetches, each with its path. */
export const KINDS = ["small", "down", "up"] as const;
export type Kind = (typeof KINDS)[number];

/** @param address the server's IP address */
export const functionOf = (address: string) => `
const origin = "http://${address}:${PORT}";
${BYTES}
async function small(count) {
	for (let left = count; left > 0; left--) {
		const response = await fetch(origin + "/small");
		if ((await response.text()).length !== 100) throw new Error("another answer");
	}
}
const kinds = {
	small: (count, connections) =>
		Promise.all(Array.from({ length: connections }, () => small(count / connections))),
	down: async (count) => {
		const response = await fetch(origin + "/down?bytes=" + count);
		let seen = 0;
		for await (const part of response.body) seen += part.length;
		if (seen !== count) throw new Error(seen + " bytes came");
	},
	up: async (count) => {
		const response = await fetch(origin + "/up", { method: "POST", body: bytes(count) });
		if (Number(await response.text()) !== count) throw new Error("other bytes came");
	},
};
export default async (request) => {
	const { pathname, searchParams } = new URL(request.url);
	const beganMs = performance.now();
	await kinds[pathname.slice(1)](Number(searchParams.get("count")), Number(searchParams.get("connections")));
	return new Response(String(performance.now() - beganMs));
};
`;
