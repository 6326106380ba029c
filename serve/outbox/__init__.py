"""Messages that go out once what they tell is committed: queued with it, sent by couriers."""
