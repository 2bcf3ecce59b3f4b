"""Value flow: what each expression of the project is, by the SDK's own table of types."""
