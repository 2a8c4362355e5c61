// One call with OpenAI's JavaScript client. Standard input says which; standard output gets what it saw, as JSON.
import { readFileSync, writeSync } from "node:fs";
import OpenAI from "openai";

const { manner, baseURL, apiKey, members, headers } = JSON.parse(readFileSync(0, "utf8"));
const client = new OpenAI({ baseURL, apiKey, maxRetries: 0, timeout: 20_000, defaultHeaders: headers });

const told = { content: {}, reasoning: "", tool: "", arguments: "", finishes: {}, bill: null };

function add(choice, part) {
  told.content[choice.index] = (told.content[choice.index] ?? "") + (part.content ?? "");
  told.reasoning += part.reasoning_content ?? "";
  for (const call of part.tool_calls ?? []) {
    told.tool += call.function.name ?? "";
    told.arguments += call.function.arguments ?? "";
  }
  if (choice.finish_reason) told.finishes[choice.index] = choice.finish_reason;
}

async function stream() {
  for await (const chunk of await client.chat.completions.create({ ...members, stream: true })) {
    for (const choice of chunk.choices) add(choice, choice.delta);
    if (chunk.guard?.usage) told.bill = chunk.guard;
  }
}

async function whole() {
  const answer = await client.chat.completions.create(members);
  for (const choice of answer.choices) add(choice, choice.message);
}

async function leave() {
  for await (const chunk of await client.chat.completions.create({ ...members, stream: true })) {
    if (chunk.choices[0].delta.content) break; // leaving the loop aborts the request
  }
}

function failure(error) {
  const kinds = [];
  for (let kind = error.constructor; kind?.name; kind = Object.getPrototypeOf(kind)) kinds.push(kind.name);
  const text = `${error.message} ${JSON.stringify(error.error ?? null)}`;
  return { failure: { kinds, text, status: error.status ?? null } };
}

const said = await { stream, whole, leave }[manner]().then(() => told, failure);
writeSync(1, JSON.stringify(said));
