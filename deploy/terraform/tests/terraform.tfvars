region         = "eu-central-1"
zones          = ["eu-central-1a", "eu-central-1b"]
administrators = ["arn:aws:iam::123456789012:role/operators"]
