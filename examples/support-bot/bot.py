"""A support bot that was moved from the Assistants API to Responses."""

from openai import OpenAI

CONFIGURATION = {
    "model": "gpt-4o",
    "instructions": "You are the support desk of a shop for tea. Answer in two sentences.",
    "tools": [
        {
            "type": "function",
            "name": "get_order",
            "description": "The state of an order.",
            "parameters": {
                "type": "object",
                "properties": {"number": {"type": "integer"}},
                "required": ["number"],
            },
            "strict": False,
        }
    ],
    "truncation": "auto",
}


def main() -> None:
    """Answer one question after the other."""
    client = OpenAI()
    conversation = client.conversations.create()
    while question := input("> "):
        response = client.responses.create(**CONFIGURATION, conversation=conversation.id, input=question)
        print(response.output_text)


if __name__ == "__main__":
    main()
