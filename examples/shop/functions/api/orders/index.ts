/**
 * Keeps orders in SQLite. A customer's address is stored only as a keyed hash, so the table alone does not
 * show who bought what. The database is in the function's private directory, which exists as long as its
 * process.
 */
import { DatabaseSync } from "node:sqlite";

const pepper = Deno.env.get("EMAIL_PEPPER");
if (!pepper) throw new Error("The secret EMAIL_PEPPER is not set.");

const encoder = new TextEncoder();
const algorithm = { name: "HMAC", hash: "SHA-256" };
const key = await crypto.subtle.importKey("raw", encoder.encode(pepper), algorithm, false, ["sign"]);

const database = new DatabaseSync("orders.db");
database.exec(
	"CREATE TABLE IF NOT EXISTS orders (id INTEGER PRIMARY KEY, customer TEXT, item TEXT, quantity INTEGER)",
);
const insert = database.prepare("INSERT INTO orders (customer, item, quantity) VALUES (?, ?, ?)");
const totals = database.prepare(
	"SELECT item, sum(quantity) AS quantity FROM orders WHERE customer = ? GROUP BY item ORDER BY item",
);

async function pseudonym(email: string): Promise<string> {
	const bytes = await crypto.subtle.sign("HMAC", key, encoder.encode(email.trim().toLowerCase()));
	return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function place(request: Request): Promise<Response> {
	const { email, item, quantity } = await request.json();
	if (
		typeof email !== "string" ||
		typeof item !== "string" ||
		!Number.isSafeInteger(quantity) ||
		quantity < 1
	) {
		return Response.json({ error: "An order has an email, an item and a quantity." }, { status: 400 });
	}
	const { lastInsertRowid } = insert.run(await pseudonym(email), item, quantity);
	return Response.json({ order: Number(lastInsertRowid) }, { status: 201 });
}

async function list(url: URL): Promise<Response> {
	const email = url.searchParams.get("email");
	if (!email) return Response.json({ error: "Say whose orders: ?email=…" }, { status: 400 });
	return Response.json({ ordered: totals.all(await pseudonym(email)) });
}

Deno.serve((request) => {
	if (request.method === "POST") return place(request);
	return list(new URL(request.url));
});
