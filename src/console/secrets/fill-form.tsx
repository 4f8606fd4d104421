import { useEffect, useRef, useState } from "preact/hooks";
import { ROUTES, routePath } from "../../protocol/routes.ts";
import type { SecretRequestList } from "../../protocol/secret-requests/messages.ts";
import { asFailure, type RequestFailure } from "../data/failure.ts";
import { send } from "../data/http.ts";
import { PATHS } from "../data/paths.ts";
import { canSeal, sealValue } from "../data/seal-value.ts";
import { cache, noticeEnd } from "../data/session.ts";
import { FailureText, Notice } from "../shell/page.tsx";
import { Command, Name } from "../text/name.tsx";

/** The longest value of a secret, in bytes. */
const VALUE_BYTES_MAX = 65_536;

interface FillProps {
	readonly app: string;
	readonly list: SecretRequestList;
	readonly request: SecretRequestList["requests"][number];
	/** Called when the value is with the platform, or the reader does not want to fill it in. */
	readonly onDone: () => void;
}

/** Whether this browser can encrypt. Undefined until it is known. */
function useSealing(): boolean | undefined {
	const [can, setCan] = useState<boolean>();
	useEffect(() => void canSeal().then(setCan), []);
	return can;
}

async function fill({ app, list, request }: FillProps, value: string): Promise<void> {
	const { environment, recipients, vaultId } = list;
	const place = { vaultId, environment, name: request.name, id: request.id };
	const boxes = recipients.map(({ box }) => box);
	const body = await sealValue(value, place, boxes);
	const { method } = ROUTES.fillSecretRequest;
	await send(routePath(ROUTES.fillSecretRequest, { app, id: request.id }), { method, body });
	await cache.at(PATHS.secretRequests(app)).refresh();
}

function Recipients({ recipients }: Pick<SecretRequestList, "recipients">) {
	return (
		<>
			<p class="quiet">
				Your browser encrypts the value for these writers. Compare the fingerprints with{" "}
				<Command line="coffer members list" />: they come from the platform.
			</p>
			<ul class="recipients">
				{recipients.map(({ box, fingerprint, name }) => (
					<li key={box}>
						<Name text={name} /> <code>{fingerprint}</code>
					</li>
				))}
			</ul>
		</>
	);
}

const Impossible = ({ can }: { readonly can: boolean }) => (
	<Notice>
		<p>
			{can ? "No writer could accept a value." : "This browser cannot encrypt the value here."} Run the
			command instead.
		</p>
	</Notice>
);

/** As the prompt and --stdin do: a pasted line ends with a break, which nobody sees behind the dots. */
const withoutLineBreak = (text: string): string => text.replace(/\n$/, "");

/** A form that encrypts a value in the browser and gives it to the platform, for a member to accept. */
export function FillForm(props: FillProps) {
	const { list, onDone, request } = props;
	const input = useRef<HTMLTextAreaElement>(null);
	const [failure, setFailure] = useState<RequestFailure | string>();
	const [isBusy, setBusy] = useState(false);
	const can = useSealing();
	useEffect(() => input.current?.focus(), [can]);
	if (can === undefined) return null;
	if (!can || list.recipients.length === 0) return <Impossible can={can} />;
	const submit = async (event: Event) => {
		event.preventDefault();
		const field = input.current;
		if (field === null || isBusy) return;
		const value = withoutLineBreak(field.value);
		const bytes = new TextEncoder().encode(value).length;
		if (bytes === 0 || bytes > VALUE_BYTES_MAX)
			return setFailure(bytes === 0 ? "Enter a value." : "A value has at most 64 KiB.");
		setBusy(true);
		try {
			await fill(props, value);
			field.value = "";
			onDone();
		} catch (error) {
			noticeEnd(error);
			setFailure(asFailure(error));
			setBusy(false);
		}
	};
	return (
		<form class="fill" onSubmit={submit} autoComplete="off">
			<Recipients recipients={list.recipients} />
			<label>
				<span>
					Value of <Name text={request.name} />
				</span>
				<textarea ref={input} class="hidden-value" rows={3} spellcheck={false} autoComplete="off" />
			</label>
			{typeof failure === "string" && <p class="bad-text">{failure}</p>}
			{typeof failure === "object" && <FailureText failure={failure} />}
			<p class="tools">
				<button type="submit" class="chip" disabled={isBusy}>
					{isBusy ? "Encrypting …" : "Encrypt and send"}
				</button>
				<button type="button" class="chip" onClick={onDone}>
					Cancel
				</button>
			</p>
		</form>
	);
}
